package compat;

import java.util.Map;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.compression.CompressionType;
import org.apache.rocketmq.remoting.protocol.heartbeat.MessageModel;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;

/** What is called otherwise in 5.x than in 4.9. */
final class Version {
  private Version() {}

  static final boolean IS_OLD = false;
  static final MessageModel BROADCASTING = MessageModel.BROADCASTING;

  static SubscriptionGroupConfig newGroup(String name) {
    SubscriptionGroupConfig group = new SubscriptionGroupConfig();
    group.setGroupName(name);
    return group;
  }

  static void createTopic(DefaultMQProducer producer, String topic, int queues) throws Exception {
    producer.createTopic("TBW102", topic, queues, Map.of());
  }

  /** The client's verdict on one message, by name. */
  static String consumeDirectly(
      MQClientAPIImpl api, String broker, Site site, String client, String offsetId)
      throws Exception {
    return api.consumeMessageDirectly(broker, site.group, client, site.topic, offsetId, 10_000)
        .getConsumeResult()
        .name();
  }

  /** False where this client has no such heartbeat. */
  static boolean heartbeatV2(ClientConfig client) {
    client.setUseHeartbeatV2(true);
    client.setHeartbeatBrokerInterval(1000);
    return true;
  }

  /** Takes a timed message back; gives the id that the broker answers. */
  static String recall(DefaultMQProducer producer, String topic, SendResult sent) throws Exception {
    return producer.recallMessage(topic, sent.getRecallHandle());
  }

  /**
   * A heartbeat with all subscriptions. Where a rebalance fell together with a heartbeat, this
   * client sends none of its own, and short ones never tell the new version: pulls would be refused
   * (25) until the next rebalance.
   */
  static void wholeHeartbeat(DefaultMQPushConsumer consumer) throws Exception {
    MQClientInstance client = consumer.getDefaultMQPushConsumerImpl().getmQClientFactory();
    while (!client.sendHeartbeatToAllBrokerWithLockV2(true)) Thread.sleep(20);
  }

  /** How this client can compress. */
  static String[] compressions() {
    return new String[] {"ZLIB", "LZ4", "ZSTD"};
  }

  static void compress(DefaultMQProducer producer, String type) {
    producer.setCompressType(CompressionType.valueOf(type));
  }

  static void batchAutomatically(DefaultMQProducer producer) {
    producer.setAutoBatch(true);
    producer.batchMaxDelayMs(30);
  }
}
