package compat;

import java.util.Properties;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;

/** What admin tools ask of a broker and of a name server, over a producer's connections. */
final class Tools {
  private static final long LIMIT_MS = 10_000;

  private final MQClientAPIImpl api;
  private final String broker;

  Tools(DefaultMQProducer producer) {
    MQClientInstance client = producer.getDefaultMQProducerImpl().getmQClientFactory();
    client.updateTopicRouteInfoFromNameServer("broker-a");
    api = client.getMQClientAPIImpl();
    broker = client.findBrokerAddressInPublish("broker-a");
  }

  void createTopic(String topic, int queues) throws Exception {
    api.createTopic(broker, "TBW102", new TopicConfig(topic, queues, queues, 6), LIMIT_MS);
  }

  void putGroup(String name, boolean consumes, boolean broadcasts) throws Exception {
    var group = Version.newGroup();
    group.setGroupName(name);
    group.setConsumeEnable(consumes);
    group.setConsumeBroadcastEnable(broadcasts);
    api.createSubscriptionGroup(broker, group, LIMIT_MS);
  }

  void deleteGroup(String group, boolean withProgress) throws Exception {
    api.deleteSubscriptionGroup(broker, group, withProgress, LIMIT_MS);
  }

  void putOrder(String topic, String order) throws Exception {
    api.putKVConfigValue("ORDER_TOPIC_CONFIG", topic, order, LIMIT_MS);
  }

  String order(String topic) throws Exception {
    return api.getKVConfigValue("ORDER_TOPIC_CONFIG", topic, LIMIT_MS);
  }

  void deleteOrder(String topic) throws Exception {
    api.deleteKVConfigValue("ORDER_TOPIC_CONFIG", topic, LIMIT_MS);
  }

  String runtime(String name) throws Exception {
    var table = api.getBrokerRuntimeInfo(broker, LIMIT_MS);
    return table.getTable().get(name);
  }

  void setBroker(String name, String value) throws Exception {
    Properties properties = new Properties();
    properties.setProperty(name, value);
    api.updateBrokerConfig(broker, properties, LIMIT_MS);
  }

  void setNameServer(String name, String value) throws Exception {
    Properties properties = new Properties();
    properties.setProperty(name, value);
    api.updateNameServerConfig(properties, api.getNameServerAddressList(), LIMIT_MS);
  }
}
